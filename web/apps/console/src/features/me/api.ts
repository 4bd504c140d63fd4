import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { client, makePasskey, take, type ProfilePatch } from "@voltway/api";
import i18next from "i18next";
import { useChange } from "../../shared/useChange.ts";
import { accountKeys, adopt } from "../account/api.ts";

/** One's own account. Its keys begin like the account's, so that a log-in as somebody else asks for all anew. */
const key = (what: string) => [...accountKeys.all, what];
export const meKeys = { profile: key("profile"), factors: key("factors"), logIns: key("log-ins"), devices: key("devices"), consents: key("consents") };

export const profileQuery = queryOptions({ queryKey: meKeys.profile, queryFn: () => take(client.GET("/api/v1/me/profile")) });
export const factorsQuery = queryOptions({ queryKey: meKeys.factors, queryFn: () => take(client.GET("/api/v1/me/factors")) });
export const logInsQuery = queryOptions({
  queryKey: meKeys.logIns,
  queryFn: async () => (await take(client.GET("/api/v1/me/sessions"))).items,
});
export const devicesQuery = queryOptions({
  queryKey: meKeys.devices,
  queryFn: async () => (await take(client.GET("/api/v1/me/devices"))).items,
});
export const consentsQuery = queryOptions({ queryKey: meKeys.consents, queryFn: () => take(client.GET("/api/v1/me/consents")) });

export function usePatchProfile() {
  return useChange((body: ProfilePatch) => take(client.PATCH("/api/v1/me/profile", { body })), {
    stale: [accountKeys.all],
    done: () => i18next.t("me.saved"),
    showsProblem: true,
  });
}

export function useChangeEmail() {
  return useChange((email: string) => take(client.POST("/api/v1/me/email", { body: { email } })), {
    stale: [],
    done: (_, email) => i18next.t("me.emailSent", { email }),
    showsProblem: true,
  });
}

export function useChangePassword() {
  return useChange(
    async (body: { current_password: string | null; password: string }) => adopt(await take(client.POST("/api/v1/me/password", { body }))),
    { stale: [accountKeys.all], done: () => i18next.t("me.passwordChanged"), showsProblem: true },
  );
}

/** Adds a passkey; undefined if the person would not. */
export function useAddPasskey() {
  return useChange(
    async (name: string) => {
      const { public_key } = await take(client.POST("/api/v1/me/passkeys/options"));
      const credential = await makePasskey(public_key);
      return credential ? take(client.POST("/api/v1/me/passkeys", { body: { name, credential } })) : undefined;
    },
    { stale: [meKeys.factors, meKeys.profile], showsProblem: true },
  );
}

export function useRemovePasskey() {
  return useChange((id: string) => client.DELETE("/api/v1/me/passkeys/{passkey_id}", { params: { path: { passkey_id: id } } }), {
    stale: [meKeys.factors, meKeys.profile],
    done: () => i18next.t("me.passkeyRemoved"),
  });
}

export function useBeginTotp() {
  return useChange(() => take(client.POST("/api/v1/me/totp")), { stale: [] });
}

export function useConfirmTotp() {
  return useChange((code: string) => take(client.POST("/api/v1/me/totp/confirmation", { body: { code } })), {
    stale: [meKeys.factors, meKeys.profile],
    showsProblem: true,
  });
}

export function useRemoveTotp() {
  return useChange(() => client.DELETE("/api/v1/me/totp"), {
    stale: [meKeys.factors, meKeys.profile],
    done: () => i18next.t("me.totpRemoved"),
  });
}

export function useNewRecoveryCodes() {
  return useChange(() => take(client.POST("/api/v1/me/recovery-codes")), { stale: [meKeys.factors] });
}

export function useEndLogIn() {
  return useChange((id: string) => client.DELETE("/api/v1/me/sessions/{session_id}", { params: { path: { session_id: id } } }), {
    stale: [meKeys.logIns],
    done: () => i18next.t("me.logInEnded"),
  });
}

export function useEndOtherLogIns() {
  return useChange(() => client.DELETE("/api/v1/me/sessions"), { stale: [meKeys.logIns], done: () => i18next.t("me.othersEnded") });
}

export function useForgetDevice() {
  return useChange((id: string) => client.DELETE("/api/v1/me/devices/{device_id}", { params: { path: { device_id: id } } }), {
    stale: [meKeys.devices],
    done: () => i18next.t("me.deviceForgotten"),
  });
}

export function usePersonalData() {
  return useChange(() => take(client.GET("/api/v1/me/personal-data")), { stale: [] });
}

export function useErase() {
  const queryClient = useQueryClient();
  return useChange(
    async () => {
      await client.POST("/api/v1/me/erasure");
      queryClient.clear();
    },
    { stale: [], showsProblem: true },
  );
}
