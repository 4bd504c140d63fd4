import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { client, setCsrfToken, take, type LoginRequest, type LoginResponse } from "@voltway/api";
import { paths } from "../../app/paths.ts";

export const accountKeys = { all: ["account"] as const };

export const accountQuery = queryOptions({
  queryKey: accountKeys.all,
  queryFn: async () => adopt(await take(client.GET("/api/v1/me"))),
  staleTime: Infinity,
  gcTime: Infinity,
});

/** Keeps the token that later writes need, and passes on who is logged in. */
function adopt({ account, csrf_token }: LoginResponse) {
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
