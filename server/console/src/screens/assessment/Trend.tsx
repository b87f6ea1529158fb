import type { Week } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { dayText, NONE, shareText } from "./figures";

const STEP = 60;
const BAR = 34;
const TOP = 30;
const HEIGHT = 160;
const BELOW = 26;

/** Bars of the orders fixed by week, in time below and late above, each under its share. What it shows stands in a table
 * beside it. */
export function Trend({ weeks }: { weeks: readonly Week[] }) {
  const { t, language } = useSpeech();
  const most = Math.max(1, ...weeks.map(({ fixed }) => fixed));
  const high = (count: number) => (count / most) * HEIGHT;
  const last = weeks.at(-1);
  return (
    <figure className="trend">
      <svg
        viewBox={`0 0 ${weeks.length * STEP} ${TOP + HEIGHT + BELOW}`} role="img"
        aria-label={t("assessment.trend", { share: shareText(last?.on_time_share ?? null, language), count: last?.fixed ?? 0 })}
      >
        {weeks.map(({ begins, fixed, on_time, on_time_share }, place) => {
          const left = place * STEP + (STEP - BAR) / 2;
          const ground = TOP + HEIGHT;
          const share = on_time_share === null ? (fixed > 0 ? NONE : "") : shareText(on_time_share, language);
          return (
            <g key={begins}>
              <rect className="in-time" x={left} y={ground - high(on_time)} width={BAR} height={high(on_time)} />
              <rect className="too-late" x={left} y={ground - high(fixed)} width={BAR} height={high(fixed - on_time)} />
              <text x={left + BAR / 2} y={ground - high(fixed) - 6}>{share}</text>
              <text className="day" x={left + BAR / 2} y={ground + 20}>{dayText(begins, language)}</text>
            </g>
          );
        })}
        <line x1={0} x2={weeks.length * STEP} y1={TOP + HEIGHT} y2={TOP + HEIGHT} />
      </svg>
      <figcaption>
        <span className="in-time">{t("assessment.in_time")}</span>
        <span className="too-late">{t("assessment.late")}</span>
        <span>{t("assessment.last_is_open")}</span>
      </figcaption>
    </figure>
  );
}
