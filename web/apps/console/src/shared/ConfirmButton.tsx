import { ActionButton } from "@voltway/ui";
import type { ReactNode } from "react";
import { Confirm } from "./Confirm.tsx";

interface ConfirmButtonProps {
  /** What the button says, and the one that goes through with it. */
  label: string;
  title: string;
  text: ReactNode;
  /** Why it cannot be pressed. */
  refusal?: string | undefined;
  onConfirm: () => void;
}

/** A row's button that asks before it acts. */
export function ConfirmButton({ label, title, text, refusal, onConfirm }: ConfirmButtonProps) {
  return (
    <Confirm title={title} text={text} confirmLabel={label} onConfirm={onConfirm}>
      {(open) => (
        <ActionButton size="compact-sm" variant="default" disabledReason={refusal} onClick={open}>
          {label}
        </ActionButton>
      )}
    </Confirm>
  );
}
