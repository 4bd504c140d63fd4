import { useFormat } from "./useFormat.ts";
import { useNow } from "./useNow.ts";

/** How long ago an instant was, kept current; the exact instant is in the title. */
export function Age({ at }: { at: string | null | undefined }) {
  const format = useFormat();
  const now = useNow(5_000);
  if (at == null) return <span>{format.unknown}</span>;
  return (
    <time dateTime={at} title={format.exact(at)}>
      {format.age(at, now)}
    </time>
  );
}
