"""Make sample_logs/bad_export.csv: accounts payable as a careless export would have it (fixed seed, same bytes).

Title lines, semicolons, cp1252, decimal commas, day-first dates without a zone, Portuguese headings, duplicated rows,
ends before starts, a date that does not exist, two spellings of one activity, missing cases and people.

Run it from the root of the repository: ``python simulations/bad_export/make_bad_export.py``.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from bko_mining.log.reading import read_log

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Write the file."""
    random = np.random.default_rng(7)
    log = read_log(ROOT / "sample_logs" / "accounts_payable.csv", timezone="America/Sao_Paulo")
    frame = log.take_cases(np.arange(log.n_cases) < 150).frame
    start, end = (frame[name].dt.strftime("%d/%m/%Y %H:%M") for name in ("start", "end"))
    out = pd.DataFrame(
        {
            "Nº do Caso": frame["case_id"],
            "Atividade": frame["activity"].astype(str),
            "Responsável": frame["resource"].astype(object).where(frame["resource"].notna(), ""),
            "Data/Hora Início": start,
            "Data/Hora Fim": end,
            "Valor (R$)": frame["amount"].map("{:.2f}".format).str.replace(".", ","),
            "Observação": "emissão",
        }
    )
    rows = random.permutation(len(out))
    first = out["Atividade"].iloc[0]
    same = out.index[out["Atividade"] == first].to_numpy()
    out.loc[same[::4], "Atividade"] = first.upper()
    swapped = rows[:9]
    out.loc[swapped, ["Data/Hora Início", "Data/Hora Fim"]] = out.loc[
        swapped, ["Data/Hora Fim", "Data/Hora Início"]
    ].to_numpy()
    out.loc[rows[9:12], "Data/Hora Fim"] = "31/02/2026 10:00"
    out.loc[rows[12:16], "Nº do Caso"] = ""
    out.loc[rows[16:40], "Responsável"] = ""
    out = pd.concat([out, out.loc[rows[40:60]]])
    text = out.to_csv(sep=";", index=False, lineterminator="\r\n")
    broken = "NF-99999;linha cortada\r\n"
    target = ROOT / "sample_logs" / "bad_export.csv"
    target.write_bytes(f"Relatório de contas a pagar\r\nEmitido em 05/10/2026\r\n\r\n{text}{broken}".encode("cp1252"))


if __name__ == "__main__":
    main()
