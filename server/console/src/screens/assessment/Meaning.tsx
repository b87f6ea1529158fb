import type { Key } from "../../i18n/catalogue";
import { useSpeech } from "../../i18n/language";

const FIGURES: readonly (readonly [Key, Key])[] = [
  ["assessment.fixed", "assessment.fixed.is"],
  ["assessment.on_time", "assessment.on_time.is"],
  ["assessment.median", "assessment.median.is"],
  ["assessment.sent_back", "assessment.sent_back.is"],
  ["assessment.otherwise", "assessment.otherwise.is"],
  ["assessment.overdue", "assessment.overdue.is"],
];

/** What each figure is, in a sentence. */
export function Meaning() {
  const { t } = useSpeech();
  return (
    <details className="card meaning">
      <summary>{t("assessment.meaning")}</summary>
      <dl>
        {FIGURES.map(([name, is]) => (
          <div key={name}>
            <dt>{t(name)}</dt>
            <dd>{t(is)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
