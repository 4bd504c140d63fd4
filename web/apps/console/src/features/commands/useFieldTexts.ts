import type { CommandField } from "@voltway/api";
import { useTranslation } from "react-i18next";
import type { en } from "../../locales/en/index.ts";
import type { FieldProblem } from "./forms.ts";

type Words = typeof en.commands;

/** Names and words of the fields of commands; words of the protocol that have no translation stay as they are. */
export function useFieldTexts() {
  const { t } = useTranslation();
  return {
    label: ({ name, kind }: CommandField): string =>
      t(`commands.field.${(kind === "variables" ? "variable_names" : kind === "assignments" ? "variable_values" : name) as keyof Words["field"]}`),
    hint: ({ name, kind }: CommandField): string | undefined => {
      if (kind === "variables") return t("commands.hint.variable_names");
      if (kind === "assignments") return t("commands.hint.variable_values");
      const hint = t(`commands.hint.${name as keyof Words["hint"]}`, { defaultValue: "" });
      const lines = kind === "texts" || kind === "integers" ? t("commands.hint.lines") : "";
      return [hint, lines].filter(Boolean).join(" ") || undefined;
    },
    choice: (word: string): string => t(`commands.choice.${word as keyof Words["choice"]}`, { defaultValue: word }),
    yesNo: (name: string, is: boolean): string =>
      name === "operative" ? t(`commands.operative.${is ? "true" : "false"}`) : is ? t("common.yes") : t("common.no"),
    problem: (problem: FieldProblem, { min, max }: CommandField): string => {
      if (problem === "range") {
        const isOpen = max === undefined || max >= 2 ** 31 - 1;
        return min === undefined ? t("commands.problem.atMost", { max }) : isOpen ? t("commands.problem.atLeast", { min }) : t("commands.problem.range", { min, max });
      }
      if (problem === "length") return t("commands.problem.length", { min: min ?? 0, max: max ?? "∞" });
      return t(`commands.problem.${problem}`);
    },
  };
}
