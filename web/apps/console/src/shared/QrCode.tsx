import { encode } from "uqr";

/** A text as a QR code, drawn in the browser: dark on white in both colour schemes, for cameras. */
export function QrCode({ text, label, size = 200 }: { text: string; label: string; size?: number }) {
  const code = encode(text, { ecc: "M", border: 3 });
  const path = code.data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg role="img" aria-label={label} width={size} height={size} viewBox={`0 0 ${code.size} ${code.size}`} shapeRendering="crispEdges">
      <rect width="100%" height="100%" fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  );
}
