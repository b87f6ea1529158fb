import "./report.css";
import { useNavigate } from "react-router";
import { useReport } from "../../api/useReport";
import { useSpeech } from "../../i18n/language";
import { PublicPage } from "./PublicPage";
import { ReportForm } from "./ReportForm";

/** Anybody tells of a problem. What became of it stands under an address of its own. */
export function ReportScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const reporting = useReport(false);
  return (
    <PublicPage title={t("report.title")}>
      <p className="report-place">{t("report.nobody")}</p>
      <ReportForm
        asksPhone
        sending={reporting.isPending} problem={reporting.error}
        send={(report) => reporting.mutate(report, { onSuccess: ({ token }) => void navigate(`/report/${token}`) })}
      />
    </PublicPage>
  );
}
