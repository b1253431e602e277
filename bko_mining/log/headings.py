# ruff: noqa: E501
"""The headings under which exports keep case, activity, resource and instants, most specific first.

One line a rank: a column of an earlier rank wins. Headings are compared without case, accents and punctuation, and with
camel case split, so ``CaseID``, ``case_id`` and ``Case ID`` are one.
"""

import re
import unicodedata

CASE = (
    "case concept name",
    "case id|caseid|case key|case number|case no|id do caso|id caso|codigo do caso|numero do caso|n do caso|no do caso|no caso|caso id|trace id|process instance id|id da instancia",
    "case|caso|trace|case name|process instance|instancia do processo|case identifier",
    "no do protocolo|no do chamado|no do pedido|no da nota|protocolo|numero do protocolo|n protocolo|chamado|numero do chamado|id do chamado|ticket id|ticket|ticket number|ticket no|incident id|incident number|incidente|issue key|issue id|sr number|service request",
    "solicitacao|id da solicitacao|numero da solicitacao|requisicao|numero da requisicao|pedido|numero do pedido|n pedido|id do pedido|order id|order number|order no|purchase order|po number|invoice id|invoice number|nota fiscal|numero da nota|nf|fatura|numero do processo|n do processo|no do processo|id processo|id do processo|processo|contrato|numero do contrato|contract id|claim id|claim number|sinistro|application id|loan id|request id|card id|id do card|document number|numero do documento|patient|patient id|ocorrencia|ordem de servico|os|numero da os|numero da ordem|demanda|id da demanda|proposta|numero da proposta|id proposta|sales order|deal id|record id|vorgangsnummer|fallnummer|fall id|fall|auftragsnummer|auftrag|belegnummer|expediente|numero de expediente|n expediente|no de expediente|purch doc|purchasing document|purchase order number|sales document|sales doc|belnr|ebeln|vbeln|aufnr|document no|doc no|documentkey|document key|chave do documento|n dossier|no dossier|numero de dossier|dossier|numero de commande|n commande|commande|numero de caso|no de caso|n caso|auftragsnr|auftrags id|vorgangs id|vorgangsnr|fallnr|ticketnummer|bestellnummer|bestellung|rechnungsnummer|antragsnummer|numero de pedido|no de pedido|numero de solicitud|solicitud|numero de orden|orden|factura|numero de factura|numero de facture|facture|no processo|no pedido|no chamado|no protocolo|numero processo",
    "vorgang",
)
ACTIVITY = (
    "concept name",
    "activity|atividade|activity name|nome da atividade|activity en|activity label|event concept name",
    "tatigkeit|aktivitat|schritt|prozessschritt|arbeitsschritt|vorgangsschritt|aktion|etape|activite|tache|paso|actividad|tarea|etapa|nome da etapa|tarefa|nome da tarefa|task|task name|step|step name|event name|nome do evento|activity type|activity id|tipo de atividade|descricao da atividade|atividade executada|passo",
    "event|evento|acao|action|operation|operacao|handling|fase|phase|stage|estagio|movimentacao|andamento|nome da fase|ocorrencia descricao|descricao da etapa|historico",
    "status|situacao|state|estado|work step|transaction|transacao|event type|tipo de evento|descricao|novo status|status name|new value|vorgang|transact|transaction code|tcode|t code|incident state|ticket status|case status|order status|statut",
)
RESOURCE = (
    "org resource",
    "resource|recurso|resource name|resource id|resources",
    "bearbeiter|sachbearbeiter|mitarbeiter|benutzer|responsable|utilisateur|employe|operateur|agent traitant|ernam|usnam|aenam|empleado|responsavel|nome do responsavel|usuario|nome do usuario|user|user name|username|user id|executor|executante|employee|colaborador|funcionario|atendente|analista|operador|agent|worker|performer|performed by|executado por|realizado por|originator|login|matricula|id usuario|participante|participant|staff|person|pessoa|quem|executed by|completed by|concluido por|feito por",
    "assignee|assigned to|atribuido a|author|autor|changed by|alterado por|created by|criado por|owner|modified by|updated by|proprietario|dono|servidor|actor|tecnico|sys updated by|sys created by|edited by|angelegt von|erstellt von|geandert von|erfasser",
)
ROLE = (
    "org role",
    "role|papel|perfil|cargo|funcao|resource role|role name|user role|user type|tipo de usuario",
    "org group|group|grupo|equipe|team|time|area|setor|departamento|department|assignment group|fila|queue|unidade|celula|nucleo|area responsavel|setor responsavel|grupo responsavel|resource group|grupo de atendimento|department name|gerencia",
)
START = (
    "start timestamp|time start|timestamp start|event start timestamp",
    "beginn|startzeit|anfang|startdatum|startzeitpunkt|debut|date debut|date de debut|heure de debut|date heure debut|comienzo|fecha comienzo|fecha de comienzo|fecha inicio|fecha de inicio|fecha hora inicio|start time|start|inicio|start datetime|start date time|start date|started at|start at|data inicio|data de inicio|data hora inicio|data hora de inicio|data inicial|data hora inicial|dt inicio|dh inicio|hora inicio|hora de inicio|begin|begin time|begin date|begin timestamp|started|iniciado em|inicio da atividade|inicio atividade|inicio da etapa|activity start|activity start time|data inicio atividade|data inicio etapa|start ts|horario de inicio|horario inicio|inicio da tarefa|inicio tarefa|entrada|data entrada|data de entrada|starttime|startdatetime|data hora entrada",
)
END = (
    "end timestamp|complete timestamp|completion timestamp|timestamp end|end time timestamp",
    "ende|endzeit|enddatum|abschluss|endzeitpunkt|fin|date fin|date de fin|heure de fin|date heure fin|date de cloture|finalizacion|fecha finalizacion|fecha de finalizacion|fecha de termino|fecha de cierre|fecha fin|fecha de fin|fecha hora fin|end time|end|fim|end datetime|end date time|end date|ended at|completed at|completion time|complete time|complete|finished at|finish|finish time|finish date|completion date|data fim|data de fim|data hora fim|data hora de fim|data final|data hora final|dt fim|dh fim|hora fim|hora de fim|termino|data termino|data de termino|data hora termino|conclusao|data conclusao|data de conclusao|data hora conclusao|concluido em|finalizado em|fim da atividade|fim atividade|fim da etapa|activity end|activity end time|data fim atividade|data fim etapa|end ts|completed|finalizacao|data finalizacao|saida|data saida|data de saida|encerramento|data de encerramento|horario de fim|horario fim|horario termino|fim da tarefa|fim tarefa|endtime|enddatetime|stop|stop time|data hora saida",
    "time timestamp|timestamp|event time|event timestamp|eventtime|event date|event datetime|data evento|data do evento|data hora do evento|data hora evento|carimbo de data hora|carimbo de tempo|activity time|activity timestamp|activity date",
    "zeitstempel|zeitpunkt|datum uhrzeit|datum|fecha hora|fecha|horodatage|date et heure|date heure|fecha y hora|fecha de creacion|marca de tiempo|datum und uhrzeit|datum zeit|sys updated at|sys updated on|updated at|updated on|last updated|edit date|date of change|er date time|cpu date time|u date time|ae date time|erfasst am|angelegt am|erstellt am|time|datetime|date time|data hora|data e hora|date|data|dt|ts|horario|momento|quando|occurred at|ocorrido em|registrado em|data registro|data de registro|data hora registro|created at|created on|criado em|sys created on|data criacao|data de criacao|changed at|changed on|alterado em|data alteracao|data da movimentacao|data movimentacao|data do andamento|logged at|log time|created|data da acao|data da atividade|data atividade",
)
ENABLED = (
    "time enabled|enabled|enable time|enabled time|enabled timestamp|enablement time|enable timestamp",
    "assigned time|assign time|habilitado em|disponivel em|data de disponibilidade|queued at|fila desde",
)
LIFECYCLE = (
    "lifecycle transition|lifecycle|life cycle|transition|ciclo de vida|registration type|transicao|lifecycle state",
    "event type|type|tipo|tipo de evento|tipo evento|tipo de registro|status|state|situacao|estado|statut|evento tipo|marker|start end|inicio fim|event status|status da atividade",
)
INSTANCE = (
    "concept instance|activity instance id|activity instance|handling id|instance id|id da instancia da atividade|activity instance key|instancia da atividade|task instance id|work item id|workitem id",
)
HEADINGS: dict[str, tuple[frozenset[str], ...]] = {
    column: tuple(frozenset(rank.split("|")) for rank in ranks)
    for column, ranks in {
        "case_id": CASE,
        "lifecycle": LIFECYCLE,
        "enabled": ENABLED,
        "start": START,
        "end": END,
        "activity": ACTIVITY,
        "resource": RESOURCE,
        "role": ROLE,
        "instance": INSTANCE,
    }.items()
}
"""Headings of each column of a log, rank by rank, in the order in which columns are looked for."""

START_WORDS = frozenset(
    [
        "start",
        "started",
        "begin",
        "began",
        "inicio",
        "iniciado",
        "inicial",
        "entrada",
        "opened",
        "beginn",
        "anfang",
        "debut",
        "comienzo",
    ]
)
END_WORDS = frozenset(
    [
        "end",
        "ended",
        "ende",
        "abschluss",
        "fin",
        "finish",
        "finished",
        "complete",
        "completed",
        "completion",
        "fim",
        "final",
        "termino",
        "conclusao",
        "saida",
        "stop",
        "closed",
        "finalizacion",
        "cierre",
        "cloture",
    ]
)
CASE_WORDS = frozenset(
    [
        "case",
        "caso",
        "id",
        "key",
        "number",
        "numero",
        "num",
        "nr",
        "no",
        "n",
        "codigo",
        "protocolo",
        "ticket",
        "processo",
        "pedido",
        "chamado",
        "dossier",
        "commande",
        "auftrag",
    ]
)

TRANSITIONS: dict[str, str] = {
    word: kind
    for kind, words in {
        "start": "start|started|begin|inicio|iniciado|iniciada|iniciar|inicial|in progress started|start event|s|resume started",
        "complete": "complete|completed|end|ended|finish|finished|fim|final|concluido|concluida|concluir|termino|terminado|finalizado|finalizada|done|stop|complete event|autoskip|manualskip|ate abort|pi abort|withdraw|c|e|f",
        "schedule": "schedule|scheduled|enable|enabled|agendado|agendada|habilitado|create|queued",
        "between": "assign|assigned|reassign|reassigned|suspend|suspended|resume|resumed|atribuido|suspenso|suspensa|retomado|retomada|unknown",
    }.items()
    for word in words.split("|")
}
"""What a lifecycle value means: it starts, completes, schedules an instance, or lies between."""


def normalise(heading: str) -> str:
    """Write a heading in lower case, without accents and punctuation, camel case split.

    Examples
    --------
    >>> normalise("case:concept:name"), normalise("Data/Hora de Início"), normalise("StartTimestamp"), normalise("CaseID")
    ('case concept name', 'data hora de inicio', 'start timestamp', 'case id')
    """
    plain = unicodedata.normalize("NFKD", heading.strip().lstrip("\ufeff")).encode("ascii", "ignore").decode()
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return " ".join(re.findall(r"[a-z0-9]+", split.lower()))


def known_columns(headings: list[str]) -> set[str]:
    """Which columns of a log some headings name.

    Examples
    --------
    >>> sorted(known_columns(["Pedido", "Etapa", "Valor"]))
    ['activity', 'case_id']
    """
    plain = {normalise(heading) for heading in headings}
    return {name for name, ranks in HEADINGS.items() if any(plain & rank for rank in ranks)}
