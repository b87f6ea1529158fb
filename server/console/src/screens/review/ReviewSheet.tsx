import { Link } from "react-router";
import type { WorkOrder } from "../../api/types";
import { useTaxonomy } from "../../api/useTaxonomy";
import { useSpeech } from "../../i18n/language";
import { AfterFacts } from "../../parts/AfterFacts";
import { CategoryMark } from "../../parts/CategoryMark";
import { PictureStage } from "../../parts/PictureStage";
import { shotOf } from "../../parts/shots";
import { ReviewFacts } from "./ReviewFacts";
import { ReviewSteps } from "./ReviewSteps";

/** One job to judge: before and after side by side, who handled it and what was seen since. */
export function ReviewSheet({ order }: { order: WorkOrder }) {
  const { t } = useSpeech();
  const { nameOf } = useTaxonomy();
  const [after] = order.after;
  return (
    <section className="review-sheet" aria-label={t("review.sheet")}>
      <header>
        <h2><CategoryMark category={order.category} size={22} /> {nameOf(order.category)} <small>#{order.case_number}</small></h2>
        <Link to={`/cases/${order.case_id}`}>{t("glance.open")}</Link>
        <ReviewSteps order={order} />
      </header>
      <div className="review-pair">
        <section className="card" aria-label={t("compare.before")}>
          <h2>{t("compare.before")}</h2>
          <PictureStage shots={order.before.map((picture) => shotOf(picture, null))} />
        </section>
        <section className="card" aria-label={t("compare.after")}>
          <h2>{t("compare.after")} {after !== undefined && <AfterFacts after={after} />}</h2>
          <PictureStage
            shots={order.after.map(({ sha256, uploaded_at }) => shotOf({ sha256, role: "after", media_type: "image/jpeg", available: true }, uploaded_at))}
          />
        </section>
      </div>
      <ReviewFacts order={order} />
    </section>
  );
}
