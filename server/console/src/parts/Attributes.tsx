import { useSpeech } from "../i18n/language";

/** What the vehicle noted about a sighting, such as how long a car stood. Names that no catalogue knows stand as sent. */
export function Attributes({ attributes }: { attributes: Readonly<Record<string, unknown>> }) {
  const { code, t } = useSpeech();
  const noted = Object.entries(attributes);
  if (noted.length === 0) return null;
  const said = (value: unknown) => {
    if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toFixed(1);
    return typeof value === "boolean" ? t(value ? "attribute.yes" : "attribute.no") : code("value", String(value));
  };
  return (
    <ul className="attributes">
      {noted.map(([name, value]) => <li key={name}>{code("attribute", name)} <b>{said(value)}</b></li>)}
    </ul>
  );
}
