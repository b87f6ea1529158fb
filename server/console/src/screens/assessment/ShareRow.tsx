import { Link } from "react-router";
import type { CrewShare } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { ordersAt } from "./figures";
import { PaceCells } from "./PaceCells";

/** A grid's or a person's figures; asked: what its work orders are found by. */
export interface Share extends Omit<CrewShare, "person"> {
  key: string;
  name: string;
  asked: Readonly<Record<string, string>>;
}

export function ShareRow({ one }: { one: Share }) {
  const { t } = useSpeech();
  const led = (which: Record<string, string>, count: number, what: string, className?: string) => (
    <Link className={className} to={ordersAt({ ...which, ...one.asked })} aria-label={`${one.name}: ${what} ${count}`}>{count}</Link>
  );
  return (
    <tr>
      <th scope="row"><bdi>{one.name}</bdi></th>
      <td className="count" data-label={t("assessment.overdue")}>
        {led({ which: "overdue" }, one.overdue, t("assessment.overdue"), one.overdue > 0 ? "late" : undefined)}
        {one.in_review > 0 && <small>{t("assessment.in_review", { count: one.in_review })}</small>}
      </td>
      <td className="count" data-label={t("assessment.open")}>{led({}, one.open, t("assessment.open"))}</td>
      <td className="count" data-label={t("assessment.fixed")}>{led({ which: "closed" }, one.fixed, t("assessment.fixed"))}</td>
      <PaceCells of={one} />
    </tr>
  );
}
