import type { Charge } from "@voltway/api";
import { useTexts } from "../texts.ts";
import { stepsOf, type StepState } from "./steps.ts";
import { TEXTS, type Word } from "./texts.ts";

const MARKS: Record<StepState, string> = { done: "✓", now: "", todo: "", failed: "!" };
const SAID: Record<StepState, Word> = { done: "done", now: "now", todo: "todo", failed: "failedStep" };

/** From the payment to the current, in four steps. */
export function Steps({ charge }: { charge: Charge | null }) {
  const t = useTexts(TEXTS);
  return (
    <ol className="steps">
      {stepsOf(charge).map((step) => (
        <li key={step.name} data-state={step.state} aria-current={step.state === "now" ? "step" : undefined}>
          <i aria-hidden="true">{MARKS[step.state]}</i><span>{t(`step_${step.name}`)}</span><span className="unseen">: {t(SAID[step.state])}</span>
        </li>
      ))}
    </ol>
  );
}
