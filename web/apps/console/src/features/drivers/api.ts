import { queryOptions } from "@tanstack/react-query";
import { client, take } from "@voltway/api";

export const driverKeys = { all: ["drivers"] as const };

export function driverQuery(id: string) {
  return queryOptions({
    queryKey: [...driverKeys.all, id],
    queryFn: ({ signal }) => take(client.GET("/api/v1/drivers/{account_id}", { params: { path: { account_id: id } }, signal })),
  });
}

/** A driver's prepaid balances, one for each currency. */
export function walletsQuery(account_id: string) {
  return queryOptions({
    queryKey: [...driverKeys.all, account_id, "wallets"],
    queryFn: ({ signal }) => take(client.GET("/api/v1/wallets", { params: { query: { account_id } }, signal })),
  });
}
