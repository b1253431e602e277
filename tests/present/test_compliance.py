"""The compliance pages of the report."""

import bko_mining as bko
from bko_mining.words import speaking
from tests.analyse.test_rules_and_changes import LOG


def test_rules_add_their_pages_to_the_report() -> None:
    rules = "[{rule: four_eyes, activities: [prepare, approve]}, {rule: only_by, activity: pay, roles: [Boss]}]"
    made = bko.report(LOG, rules=rules)
    assert "Which rules are broken" in [chapter.title for chapter in made.chapters]
    page = made.html
    assert "By whose hands; pseudonyms" in page
    assert "Not checked" in page
    assert "person 1" in page
    assert "Ana" not in page.split("Which rules are broken")[-1].split("What the words mean")[0]
    with speaking("pt_BR"):
        assert "Quais regras são quebradas" in bko.report(LOG, rules=rules).html


def test_without_rules_those_of_the_log_are_suggested() -> None:
    from tests.analyse.test_insights import steady

    titles = [chapter.title for chapter in bko.report(steady(1)).chapters]
    assert "Rules that the log suggests" in titles
    assert "Which rules are broken" not in titles
