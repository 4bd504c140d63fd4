import { Button, Tooltip, type ButtonProps } from "@mantine/core";
import { useId, type MouseEvent, type ReactNode } from "react";

interface ActionButtonProps extends ButtonProps {
  children: ReactNode;
  onClick?: (event: MouseEvent<HTMLButtonElement>) => void;
  type?: "button" | "submit";
  /** Why the action is not possible now. The button stays reachable, so that keyboard and screen reader find the reason. */
  disabledReason?: string | undefined;
}

export function ActionButton({ disabledReason, onClick, children, type = "button", ...rest }: ActionButtonProps) {
  const reasonId = useId();
  const isBlocked = disabledReason !== undefined;
  return (
    <Tooltip label={disabledReason} disabled={!isBlocked}>
      <Button
        {...rest}
        type={type}
        data-disabled={isBlocked || undefined}
        aria-disabled={isBlocked || undefined}
        aria-describedby={isBlocked ? reasonId : undefined}
        onClick={(event) => {
          if (isBlocked) event.preventDefault();
          else onClick?.(event);
        }}
      >
        {children}
        {isBlocked && (
          <span id={reasonId} hidden>
            {disabledReason}
          </span>
        )}
      </Button>
    </Tooltip>
  );
}
