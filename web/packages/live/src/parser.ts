/** One server-sent event, or a comment (`event` is null): a comment says that the line is alive. */
export interface ServerEvent {
  event: string | null;
  data: string;
}

/**
 * Turns chunks of a text/event-stream into events; a chunk may end anywhere, even between CR and LF.
 * Source: HTML Standard, section 9.2.6 "Interpreting an event stream".
 */
export function createEventParser(onEvent: (event: ServerEvent) => void): (chunk: string) => void {
  let rest = "";
  let name = "";
  let data: string[] = [];

  function readLine(line: string): void {
    if (line === "") {
      if (data.length > 0) onEvent({ event: name || "message", data: data.join("\n") });
      name = "";
      data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) {
      onEvent({ event: null, data: line.slice(1).trim() });
      return;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") name = value;
    if (field === "data") data.push(value);
  }

  return (chunk) => {
    const text = rest + chunk;
    const end = text.endsWith("\r") ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "") + text.slice(end);
    lines.forEach(readLine);
  };
}
