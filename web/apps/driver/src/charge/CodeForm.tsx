import { useState } from "react";
import { useTexts } from "../texts.ts";
import { TEXTS } from "./texts.ts";

/** Where a driver types what is printed beside the plug. */
export function CodeForm() {
  const t = useTexts(TEXTS);
  const [code, setCode] = useState("");
  return (
    <form className="code" onSubmit={(event) => { event.preventDefault(); location.hash = `#/c/${encodeURIComponent(code.trim())}`; }}>
      <label className="field">{t("typeCode")}
        <input type="text" required maxLength={40} autoCapitalize="characters" autoComplete="off" spellCheck={false} placeholder="ABCD2345-1" value={code} onChange={(event) => { setCode(event.target.value); }} />
      </label>
      <button type="submit" className="main">{t("open")}</button>
    </form>
  );
}
