import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { client, take } from "@voltway/api";
import { useEffect, useState } from "react";
import { accountKeys, adopt } from "../account/api.ts";

const meta = { showsProblem: true };

/** What stands behind the # of a mail's link. It is taken out of the address at once, so that nobody reads it there later. */
export function useLinkSecret(): string {
  const hash = useLocation({ select: (location) => location.hash });
  const navigate = useNavigate();
  const [secret] = useState(() => hash.replace(/^code=/, ""));
  useEffect(() => {
    if (hash !== "") void navigate({ to: ".", hash: "", replace: true });
  }, [hash, navigate]);
  return secret;
}

export function useForgotPassword() {
  return useMutation({ mutationFn: (email: string) => take(client.POST("/api/v1/password-resets", { body: { email } })), meta });
}

export function useResetPassword() {
  return useMutation({
    mutationFn: (body: { token: string; password: string }) => client.POST("/api/v1/password-resets/confirmation", { body }),
    meta,
  });
}

export function useConfirmEmail() {
  return useMutation({
    mutationFn: (token: string) => client.POST("/api/v1/email-changes/confirmation", { body: { token } }),
    meta,
  });
}

/** Opens the account of a driver who registered, which is logged in then. */
export function useVerifyEmail() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (body: { token: string; password: string }) =>
      adopt(await take(client.POST("/api/v1/registrations/confirmation", { body }))),
    onSuccess: (account) => {
      queryClient.setQueryData(accountKeys.all, account);
    },
    meta,
  });
}

export function useRegister() {
  return useMutation({
    mutationFn: (body: { email: string; name: string; locale: string; time_zone: string; consents: Record<string, string> }) =>
      take(client.POST("/api/v1/registrations", { body: { ...body, operator: "default" } })),
    meta,
  });
}

/** Accepts an invitation with a new account, and logs in with it. */
export function useAcceptInvitation() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (body: { code: string; name: string; password: string; locale: "en" | "de" | "zh" }) => {
      const { email } = await take(client.POST("/api/v1/invitation-acceptances", { body }));
      return adopt(await take(client.POST("/api/v1/login", { body: { email, password: body.password } })));
    },
    onSuccess: (account) => {
      queryClient.setQueryData(accountKeys.all, account);
    },
    meta,
  });
}

/** Accepts an invitation with the account that is logged in. */
export function useAttachInvitation() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (code: string) => take(client.POST("/api/v1/invitation-attachments", { body: { code } })),
    onSuccess: () => queryClient.invalidateQueries(),
    meta,
  });
}
