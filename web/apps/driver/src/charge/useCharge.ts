import { ProblemError, type Charge } from "@voltway/api";
import { useCallback, useEffect, useRef, useState } from "react";
import { keep, recall } from "../kept.ts";
import { whoAmI } from "../me/session.ts";
import type { Language } from "../words.ts";
import { act, begin, look, type Act } from "./calls.ts";
import { choose, forget, pending, remember, type Pending } from "./pending.ts";
import { isOver } from "./steps.ts";

const LOOK_MS = 2000;
const AWAY_MS = 10_000;
const KEPT_AS = "charge";

export interface Watched {
  charge: Charge | null;
  /** When the server said it, by this phone's clock (ms since 1970). */
  atMs: number;
  /** The server could not be reached when last asked. */
  isLost: boolean;
  /** The server has refused to begin, in its words. */
  refusal: ProblemError | null;
}

/** The charge that was begun on this phone, sent if it is not known to have arrived, and watched until it is over. */
export function useCharge(language: Language) {
  const [record, setRecord] = useState<Pending | null>(pending);
  const [watched, setWatched] = useState<Watched>(() => {
    const kept = recall<Charge>(KEPT_AS);
    const isOurs = kept !== null && kept.value.payment.payment_id === pending()?.payment?.id;
    return { charge: isOurs ? kept.value : null, atMs: isOurs ? kept.atMs : 0, isLost: false, refusal: null };
  });
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<ProblemError | null>(null);
  const isFirst = useRef(true);
  const isRetrying = useRef(false);

  const refresh = useCallback(async (): Promise<Charge | null> => {
    let mine = pending();
    if (mine === null || isRetrying.current) return null;
    try {
      if (mine.isOwn) await whoAmI(); // after a reload, writes need the log-in's token anew
      if (mine.payment === null) {
        const isAgain = mine.wasSent;
        mine = remember({ ...mine, wasSent: true });
        const begun = await begin(mine, isAgain);
        mine = remember({ ...mine, payment: { id: begun.payment_id, key: begun.key } });
        setRecord(mine);
      } else if (isFirst.current) {
        // Whoever comes (back) may have been at the bank: the provider is asked. What the phone says counts for nothing.
        await act(mine.payment, "confirmation").catch((error: unknown) => { if (error instanceof ProblemError && error.isUnreachable) throw error; });
      }
      isFirst.current = false;
      if (mine.payment === null) return null;
      const charge = await look(mine.payment, language);
      keep(KEPT_AS, charge, Date.now());
      setWatched({ charge, atMs: Date.now(), isLost: false, refusal: null });
      return charge;
    } catch (error) {
      if (error instanceof ProblemError && !error.isUnreachable && error.status < 500) {
        // Refused for good, and said so: nothing was begun, and nothing is sent again by itself.
        if (mine.payment === null) forget(mine.key);
        setWatched((before) => ({ ...before, isLost: false, refusal: error }));
      } else {
        setWatched((before) => ({ ...before, isLost: true }));
      }
      return null;
    }
  }, [language]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isWanted = true;
    let isAsking = false;
    const turn = async () => {
      if (isAsking) return;
      isAsking = true;
      const charge = await refresh();
      isAsking = false;
      if (!isWanted || pending()?.key !== record?.key || (charge !== null && isOver(charge))) return;
      timer = setTimeout(() => void turn(), document.hidden ? AWAY_MS : LOOK_MS);
    };
    void turn();
    const wake = () => { clearTimeout(timer); void turn(); };
    addEventListener("online", wake);
    return () => { isWanted = false; clearTimeout(timer); removeEventListener("online", wake); };
  }, [refresh, record?.key, record?.payment?.id]);

  const doing = async (what: () => Promise<unknown>) => {
    setBusy(true);
    setRefused(null);
    try { await what(); } catch (error) {
      if (error instanceof ProblemError && !error.isUnreachable) setRefused(error);
    } finally { await refresh(); setBusy(false); }
  };
  return {
    record, watched, isBusy,
    /** Why the last thing that the driver wanted was not done. */
    refused,
    act: (what: Act) => doing(async () => { if (record?.payment) await act(record.payment, what); }),
    /** Sends the same payment again: the same hold while it is there, else a new one. */
    retry: () => doing(async () => {
      if (record === null) return;
      // Until it is answered, it is not known which payment is the newest of this key.
      isRetrying.current = true;
      const unsure = remember({ ...record, payment: null, wasSent: true });
      try {
        const begun = await begin(record, false);
        setRecord(remember({ ...record, payment: { id: begun.payment_id, key: begun.key } }));
      } catch (error) {
        const isUnknown = error instanceof ProblemError && error.isUnreachable;
        setRecord(isUnknown ? unsure : remember(record));
        throw error;
      } finally {
        isRetrying.current = false;
      }
    }),
    leave: () => { if (record !== null) forget(record.key); setRecord(null); },
    /** Shows another charge of this phone. */
    turnTo: (key: string) => {
      choose(key);
      setRecord(pending());
      setWatched({ charge: null, atMs: 0, isLost: false, refusal: null });
    },
  };
}
