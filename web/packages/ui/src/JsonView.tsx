/** JSON for reading: indented, with keys, texts and numbers told apart. */
export function JsonView({ value }: { value: unknown }) {
  return (
    <pre className="vw-json">
      {splitJson(JSON.stringify(value, null, 2)).map(([kind, text], index) =>
        kind ? (
          <span key={index} data-kind={kind}>
            {text}
          </span>
        ) : (
          text
        ),
      )}
    </pre>
  );
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;

function splitJson(json: string | undefined): [kind: "key" | "text" | "number" | null, text: string][] {
  const source = json ?? "null";
  const parts: [kind: "key" | "text" | "number" | null, text: string][] = [];
  let end = 0;
  for (const match of source.matchAll(TOKEN)) {
    if (match.index > end) parts.push([null, source.slice(end, match.index)]);
    const [token, quoted, colon] = match;
    if (quoted === undefined) parts.push(["number", token]);
    else if (colon === undefined) parts.push(["text", quoted]);
    else parts.push(["key", quoted], [null, colon]);
    end = match.index + token.length;
  }
  parts.push([null, source.slice(end)]);
  return parts;
}
