import { Button } from "antd";
import { useSpeech } from "../../i18n/language";
import { KeptUntil } from "../../outbox/KeptUntil";
import type { UnsentReport } from "../../outbox/shelf";
import { useDropping } from "../../outbox/useDropping";

/** That a report which is being filled in is kept on this phone, until when, and the way to throw it away. */
export function ReportKept({ one, dropped }: { one: UnsentReport; dropped: () => void }) {
  const { t } = useSpeech();
  const askToDrop = useDropping(one, dropped);
  return (
    <section className="report-kept" aria-label={t("report.kept")}>
      <p>{t("report.kept")} <KeptUntil one={one} /></p>
      <Button danger onClick={askToDrop}>{t("report.drop")}</Button>
    </section>
  );
}
