/** The rows of a CSV text (RFC 4180; commas or semicolons), each by the names of the first row, in small letters. */
export function readCsv(text: string): Record<string, string>[] {
  const [head, ...rows] = cells(text.replace(/^\ufeff/, ""));
  if (!head) return [];
  const names = head.map((name) => name.trim().toLowerCase());
  return rows.filter((row) => row.some((cell) => cell.trim() !== "")).map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]?.trim() ?? ""])));
}

function cells(text: string): string[][] {
  const [firstLine = ""] = text.split("\n", 1);
  const separator = firstLine.includes(";") ? ";" : ",";
  const rows: string[][] = [[]];
  let cell = "";
  let isQuoted = false;
  const endCell = () => {
    rows.at(-1)?.push(cell);
    cell = "";
  };
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index];
    if (isQuoted) {
      if (letter !== '"') cell += letter ?? "";
      else if (text[index + 1] === '"') cell += text[(index += 1)] ?? "";
      else isQuoted = false;
    } else if (letter === '"') isQuoted = true;
    else if (letter === separator) endCell();
    else if (letter === "\n") {
      endCell();
      rows.push([]);
    } else if (letter !== "\r") cell += letter ?? "";
  }
  endCell();
  return rows;
}

/** A CSV text of these columns. A cell that a spreadsheet would take for a formula is made plain text (OWASP, CSV injection). */
export function writeCsv(columns: string[], rows: (string | number | boolean | null | undefined)[][]): string {
  const cellOf = (value: string | number | boolean | null | undefined) => {
    const plain = String(value ?? "");
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cellOf).join(",")).join("\r\n") + "\r\n";
}
