import { MutationCache, QueryClient } from "@tanstack/react-query";
import { ProblemError } from "@voltway/api";
import { notifyProblem } from "../shared/notify.ts";

const FRESH_MS = 15_000;

declare module "@tanstack/react-query" {
  interface Register {
    /** `showsProblem`: the form shows its own refusal, so no notification is needed. */
    mutationMeta: { showsProblem?: boolean };
  }
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        // A refusal stays a refusal; only a server that could not be reached is asked again.
        retry: (failures, error) => failures < 2 && (!(error instanceof ProblemError) || error.isUnreachable),
      },
    },
    mutationCache: new MutationCache({
      onError: (error, _variables, _result, mutation) => {
        if (!mutation.meta?.showsProblem) notifyProblem(error);
      },
    }),
  });
}
