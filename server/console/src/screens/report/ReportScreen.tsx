import "./report.css";
import { Alert } from "antd";
import { Link, useNavigate } from "react-router";
import { useSpeech } from "../../i18n/language";
import { NOBODY } from "../../outbox/shelf";
import { useExpiry } from "../../outbox/useExpiry";
import { PublicPage } from "./PublicPage";
import { Reporting } from "./Reporting";

/** Anybody tells of a problem. What became of it stands under an address of its own. */
export function ReportScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const gone = useExpiry((person_id) => person_id === NOBODY);
  return (
    <PublicPage title={t("report.title")}>
      <p className="report-place">{t("report.nobody")}</p>
      {gone !== undefined && gone > 0 && <Alert type="info" showIcon title={t("report.gone")} />}
      {gone !== undefined && (
        <Reporting
          person_id={NOBODY} done={(token) => void navigate(`/report/${token}`)}
          leads={({ token }) => <Link to={`/report/${token}`}>{t("follow.address")}</Link>}
        />
      )}
    </PublicPage>
  );
}
