import "./precision.css";
import { Empty, Spin } from "antd";
import { usePrecision } from "../../api/usePrecision";
import { useSpeech, useTitle } from "../../i18n/language";
import { Moment } from "../../parts/Moment";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { PrecisionRow } from "./PrecisionRow";

/** The system's own accuracy: what the field said of each model's finds, by month and category. */
export function PrecisionScreen() {
  const { t } = useSpeech();
  useTitle(t("nav.precision"));
  const { data, error, refetch } = usePrecision();
  if (error !== null) return <ProblemNotice error={error} again={() => void refetch()} />;
  if (data === undefined) return <Spin className="whole-page" />;
  return (
    <section className="precision" aria-labelledby="precision-title">
      <h1 id="precision-title">{t("precision.title")}</h1>
      <p>{t("precision.note")} {t("figures.counted")} <Moment at={data.counted_at} /></p>
      {data.items.length === 0 ? <Empty className="nothing" description={t("precision.empty")} /> : (
        <div className="table-frame" role="region" aria-labelledby="precision-title" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("precision.month")}</th>
                <th scope="col">{t("precision.category")}</th>
                <th scope="col">{t("precision.model")}</th>
                <th scope="col" className="count">{t("precision.confirmed")}</th>
                <th scope="col" className="count">{t("precision.dismissed")}</th>
                <th scope="col" className="count">{t("precision.share")}</th>
                <th scope="col">{t("precision.unjudged")}</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((one) => <PrecisionRow key={`${one.month} ${one.category} ${one.model_digest}`} one={one} />)}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
