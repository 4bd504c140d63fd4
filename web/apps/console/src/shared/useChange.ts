import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { notifyDone } from "./notify.ts";

interface ChangeOptions<V, R> {
  /** What is asked again once it is done. */
  stale: QueryKey[];
  /** What to say once it is done. */
  done?: (result: R, values: V) => string;
  /** True where a form shows the refusal itself. */
  showsProblem?: boolean;
}

/** A write: afterwards the lists that it touches are asked again. */
export function useChange<V, R>(mutationFn: (values: V) => Promise<R>, { stale, done, showsProblem = false }: ChangeOptions<V, R>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: async (result, values) => {
      if (done) notifyDone(done(result, values));
      await Promise.all(stale.map((queryKey) => queryClient.invalidateQueries({ queryKey })));
    },
    meta: { showsProblem },
  });
}
