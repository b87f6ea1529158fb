import { useSpeech } from "../../i18n/language";

/** Who told of a case, and how often each. */
export function Sources({ sources }: { sources: Readonly<Record<string, number>> }) {
  const { code } = useSpeech();
  return (
    <ul className="sources">
      {Object.entries(sources).map(([kind, count]) => <li key={kind}>{code("device", kind)} × {count}</li>)}
    </ul>
  );
}
