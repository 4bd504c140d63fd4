import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import {
  askPasskey,
  client,
  ProblemError,
  setCsrfToken,
  take,
  type LoginRequest,
  type LoginResponse,
  type PasskeyCredential,
  type StepUp,
} from "@voltway/api";
import { paths } from "../../app/paths.ts";

export const accountKeys = { all: ["account"] as const };

export const accountQuery = queryOptions({
  queryKey: accountKeys.all,
  queryFn: async () => adopt(await take(client.GET("/api/v1/me"))),
  staleTime: Infinity,
  gcTime: Infinity,
});

/** Keeps the token that later writes need, and passes on who is logged in. */
export function adopt({ account, csrf_token }: LoginResponse) {
  setCsrfToken(csrf_token);
  return account;
}

export function useLogin() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (body: LoginRequest) => adopt(await take(client.POST("/api/v1/login", { body }))),
    onSuccess: (account) => {
      queryClient.setQueryData(accountKeys.all, account);
    },
    meta: { showsProblem: true },
  });
}

/** The second step of a log-in: six digits are of an authenticator app, all else is a recovery code. */
export function useSecondFactor(ticket: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (typed: string) => {
      const answer = /^\d{6}$/.test(typed) ? { code: typed } : { recovery_code: typed };
      return adopt(await take(client.POST("/api/v1/login/second-factor", { body: { ticket, ...answer } })));
    },
    onSuccess: (account) => {
      queryClient.setQueryData(accountKeys.all, account);
    },
    meta: { showsProblem: true },
  });
}

/** The providers of OpenID Connect that staff may log in with. */
export const providersQuery = queryOptions({
  queryKey: ["log-in-providers"],
  queryFn: async () => (await take(client.GET("/api/v1/oidc"))).items,
  staleTime: Infinity,
});

/** What a driver agrees to at registration, and whether anybody may register. */
export const termsQuery = queryOptions({
  queryKey: ["registration-terms"],
  queryFn: () => take(client.GET("/api/v1/registrations")),
  staleTime: Infinity,
});

/** The question that a passkey answers; with a ticket, of the account that it is for. */
export async function passkeyQuestion(ticket?: string): Promise<Record<string, unknown>> {
  const body = ticket === undefined ? {} : { ticket };
  return (await take(client.POST("/api/v1/login/passkey/options", { body }))).public_key;
}

/** Logs in with a passkey that has been found, or asks for one; undefined if the person would not. */
export function usePasskeyLogin() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (given: { credential?: PasskeyCredential; ticket?: string }) => {
      const credential = given.credential ?? (await askPasskey(await passkeyQuestion(given.ticket)));
      if (!credential) return undefined;
      return adopt(await take(client.POST("/api/v1/login/passkey", { body: { credential } })));
    },
    onSuccess: (account) => {
      if (account) queryClient.setQueryData(accountKeys.all, account);
    },
    meta: { showsProblem: true },
  });
}

/** Proves again who one is; the session goes on under a new token. */
export function useStepUp() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (proof: StepUp | "passkey") => {
      let body = proof;
      if (body === "passkey") {
        const { public_key } = await take(client.POST("/api/v1/me/step-up/options"));
        const credential = await askPasskey(public_key);
        if (!credential) throw new ProblemError({ status: 0, title: "", type: "not-proved" });
        body = { credential };
      }
      return adopt(await take(client.POST("/api/v1/me/step-up", { body })));
    },
    onSuccess: (account) => {
      queryClient.setQueryData(accountKeys.all, account);
    },
    meta: { showsProblem: true },
  });
}

export function useLogout() {
  const queryClient = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: () => client.POST("/api/v1/logout"),
    onSuccess: async () => {
      setCsrfToken(null);
      await router.navigate(paths.login());
      queryClient.clear();
    },
  });
}
