import { client, ProblemError, take } from "@voltway/api";
import { useState } from "react";
import { useTexts } from "../texts.ts";
import { CAR } from "./Cars.tsx";
import { Field } from "./LogIn.tsx";
import { useKept } from "./Overview.tsx";
import { TEXTS } from "./texts.ts";

/** The cards that charge on this account. */
export function Cards() {
  const t = useTexts(TEXTS);
  const [answer, look] = useKept("cards", () => take(client.GET("/api/v1/me/id-tokens")));
  const [code, setCode] = useState("");
  const [name, setName] = useState("");
  const [said, setSaid] = useState<string | null>(null);
  const failed = (error: unknown) => { setSaid(error instanceof ProblemError && error.isUnreachable ? t("noAnswer") : t("wrongCode")); };
  return (
    <section className="panel" aria-labelledby="cards">
      <h2 id="cards">{t("cards")}</h2>
      <ul className="rows">
        {answer?.value.items.filter((card) => !card.is_app && card.kind !== CAR).map((card) => (
          <li key={card.id}>
            <span>{card.name ?? card.value}<small>{card.is_lost ? t("isLost") : card.status === "accepted" ? card.value : t("blocked")}</small></span>
            {!card.is_lost && <button type="button" onClick={() => { client.POST("/api/v1/me/id-tokens/{token_id}/loss", { params: { path: { token_id: card.id } } }).then(look, failed); }}>{t("lost")}</button>}
          </li>
        ))}
      </ul>
      <details>
        <summary>{t("addCard")}</summary>
        <form onSubmit={(event) => {
          event.preventDefault();
          setSaid(null);
          take(client.POST("/api/v1/me/id-tokens", { body: { code, name: name || null } })).then(() => { setCode(""); setName(""); look(); }, failed);
        }}>
          <Field label={t("activation")} type="text" value={code} onChange={setCode} />
          <Field label={t("cardName")} type="text" value={name} onChange={setName} isNeeded={false} />
          <button type="submit" className="main">{t("add")}</button>
        </form>
      </details>
      <p role="alert" className={said === null ? "" : "note"}>{said}</p>
    </section>
  );
}
