"""The rules, as data: what is watched, by what measure, how grave it is, what is proposed. docs/detection.md shows them.

D01 to D37 are those of the security research, O01 and on those of operations. A rule whose signals nothing in the platform
gives yet says so in `waits_for`; one of which a part waits says which. Kinds of signals are named `thing.what`.
"""

from __future__ import annotations

from collections.abc import Mapping

from voltway.modules.detection.operating_rules import OPERATING_RULES
from voltway.modules.detection.rule_parts import Parameter, Rule
from voltway.modules.detection.security_rules import SECURITY_RULES

__all__ = ["BY_ID", "RULES", "Parameter", "Rule"]

RULES: tuple[Rule, ...] = (*SECURITY_RULES, *OPERATING_RULES)

BY_ID: Mapping[str, Rule] = {rule.id: rule for rule in RULES}
