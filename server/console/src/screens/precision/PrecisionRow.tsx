import type { Tally } from "../../api/types";
import { useTaxonomy } from "../../api/useTaxonomy";
import { useSpeech } from "../../i18n/language";
import { CategoryMark } from "../../parts/CategoryMark";

const DIGEST_SHOWN = 10;

export function PrecisionRow({ one }: { one: Tally }) {
  const { t, code, language } = useSpeech();
  const { nameOf } = useTaxonomy();
  const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  return (
    <tr>
      <td data-label={t("precision.month")}>{one.month}</td>
      <th scope="row"><CategoryMark category={one.category} /> {nameOf(one.category)}</th>
      <td data-label={t("precision.model")}><code title={one.model_digest}>{one.model_digest.slice(0, DIGEST_SHOWN)}</code></td>
      <td className="count" data-label={t("precision.confirmed")}>{one.confirmed}</td>
      <td className="count" data-label={t("precision.dismissed")}>{one.dismissed}</td>
      <td className="count share" data-label={t("precision.share")}><b>{one.precision === null ? "–" : share.format(one.precision)}</b></td>
      <td className="why" data-label={t("precision.unjudged")}>{Object.entries(one.unjudged).map(([why, count]) => <span key={why}>{code("unjudged", why)} {count}</span>)}</td>
    </tr>
  );
}
