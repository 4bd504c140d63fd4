import { client, type KeptCard, type Money } from "@voltway/api";
import { useEffect, useState } from "react";
import { isLoggedIn } from "../me/session.ts";

/** What whoever is logged in can pay with besides; null: nobody is. */
export interface Own {
  wallet: Money | undefined;
  /** Cards that are kept, the default first. */
  cards: KeptCard[];
}

export function useOwn(currency: string): Own | null {
  const [own, setOwn] = useState<Own | null>(null);
  useEffect(() => {
    const asking = new AbortController();
    void (async () => {
      if (!(await isLoggedIn())) return;
      const [{ data }, { data: cards }] = await Promise.all([
        client.GET("/api/v1/me/wallets").catch(() => ({ data: undefined })),
        client.GET("/api/v1/me/cards").catch(() => ({ data: undefined })),
      ]);
      const wallet = data?.items.find((one) => one.balance.currency === currency);
      const free = wallet === undefined ? { minor: 0, currency } : { minor: wallet.balance.minor - wallet.held.minor, currency };
      if (!asking.signal.aborted) setOwn({ wallet: free, cards: cards?.items.filter((card) => card.state === "kept") ?? [] });
    })();
    return () => { asking.abort(); };
  }, [currency]);
  return own;
}
