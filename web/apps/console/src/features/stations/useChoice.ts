import { useCallback, useState } from "react";

const NONE: ReadonlySet<string> = new Set();

/** Which rows of a list are chosen; it outlasts filters, so that one can gather from several. */
export function useChoice() {
  const [chosen, setChosen] = useState(NONE);
  const choose = useCallback((ids: string[], isChosen: boolean) => {
    setChosen((now) => {
      const next = new Set(now);
      for (const id of ids) {
        if (isChosen) next.add(id);
        else next.delete(id);
      }
      return next;
    });
  }, []);
  const clear = useCallback(() => {
    setChosen(NONE);
  }, []);
  return { chosen, choose, clear };
}
