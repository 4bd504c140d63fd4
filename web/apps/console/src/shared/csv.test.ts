import { expect, it } from "vitest";
import { readCsv, writeCsv } from "./csv.ts";

it("reads quoted cells, line ends of every system and semicolons", () => {
  expect(readCsv('Identity,Name\r\nCS-1,"Hall ""A"", left"\n\nCS-2,x\n')).toEqual([
    { identity: "CS-1", name: 'Hall "A", left' },
    { identity: "CS-2", name: "x" },
  ]);
  expect(readCsv("\ufeffidentity;name\nCS-1;a,b")).toEqual([{ identity: "CS-1", name: "a,b" }]);
});

it("writes what it can read again", () => {
  const text = writeCsv(["identity", "name"], [["CS-1", 'a "b", c']]);
  expect(readCsv(text)).toEqual([{ identity: "CS-1", name: 'a "b", c' }]);
});

it("writes no cell that a spreadsheet would run", () => {
  expect(writeCsv(["a"], [["=HYPERLINK(1)"]])).toBe("a\r\n'=HYPERLINK(1)\r\n");
  expect(writeCsv(["a"], [[-5]])).toBe("a\r\n-5\r\n");
});
