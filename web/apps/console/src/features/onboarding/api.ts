import { client, take, type ChargingStation, type RegistrationTokenIn } from "@voltway/api";
import i18next from "i18next";
import { listOf } from "../../shared/list.ts";
import { useChange } from "../../shared/useChange.ts";
import { stationKeys } from "../stations/api.ts";

const tokenKeys = ["registration-tokens"] as const;

/** Its key begins as that of the list of stations does: what makes that one stale does the same to this. */
export function unacceptedQuery(registration: Exclude<ChargingStation["registration"], "accepted">) {
  return listOf([...stationKeys.lists, "unaccepted", registration], (page, signal) =>
    client.GET("/api/v1/charging-stations", { params: { query: { ...page, registration } }, signal }),
  );
}

export const registrationTokensQuery = listOf(tokenKeys, (page, signal) =>
  client.GET("/api/v1/registration-tokens", { params: { query: page }, signal }),
);

export function useAddRegistrationToken() {
  return useChange((body: RegistrationTokenIn) => take(client.POST("/api/v1/registration-tokens", { body })), {
    stale: [tokenKeys],
    showsProblem: true,
  });
}

export function useRevokeRegistrationToken() {
  return useChange((token_id: string) => client.DELETE("/api/v1/registration-tokens/{token_id}", { params: { path: { token_id } } }), {
    stale: [tokenKeys],
    done: () => i18next.t("onboarding.revoked"),
  });
}
