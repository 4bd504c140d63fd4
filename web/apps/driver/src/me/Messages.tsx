import { useEffect, useState } from "react";
import { useTexts } from "../texts.ts";
import { pushState, switchOff, switchOn, type PushState } from "./push.ts";
import { TEXTS } from "./texts.ts";

/** Messages on this device: switching them on and off, and what to do where the browser does not allow them. */
export function Messages() {
  const t = useTexts(TEXTS);
  const [state, setState] = useState<PushState | null>(null);
  const [isFailed, setFailed] = useState(false);
  useEffect(() => { pushState().then(setState, () => { setState("unable"); }); }, []);
  const turn = (act: () => Promise<PushState>) => {
    setFailed(false);
    act().then(setState, () => { setFailed(true); });
  };
  if (state === null) return null;
  return (
    <section className="panel" aria-labelledby="messages">
      <h2 id="messages">{t("messages")}</h2>
      <p className="dim">{t(`messages_${state}`)}</p>
      {state === "off" && <button type="button" className="main" onClick={() => { turn(switchOn); }}>{t("messagesOn")}</button>}
      {state === "on" && <button type="button" onClick={() => { turn(switchOff); }}>{t("messagesOff")}</button>}
      <p role="status" className={isFailed ? "note" : ""}>{isFailed ? t("messagesFailed") : null}</p>
    </section>
  );
}
