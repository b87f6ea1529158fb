import type { CaseNumber } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { CaseNumberLine } from "./CaseNumberLine";

/** The telephone numbers that an ad shows, the best supported first, each with the other cases that show it. */
export function CaseNumbers({ case_id, numbers }: { case_id: string; numbers: readonly CaseNumber[] }) {
  const { t } = useSpeech();
  return (
    <section className="card" aria-label={t("case.numbers")}>
      <h2>{t("case.numbers")}</h2>
      <ul className="numbers">
        {numbers.map((one) => <CaseNumberLine key={one.advertiser_id} case_id={case_id} one={one} />)}
      </ul>
    </section>
  );
}
