import "./report.css";
import { Button } from "antd";
import { useState } from "react";
import type { Reported } from "../../api/types";
import { useReport } from "../../api/useReport";
import { useSpeech, useTitle } from "../../i18n/language";
import { Becoming } from "./Becoming";
import { ReportForm } from "./ReportForm";

/** An inspector on foot reports one problem after the other. */
export function InspectScreen() {
  const { t } = useSpeech();
  useTitle(t("inspect.title"));
  const [last, setLast] = useState<Reported | null>(null);
  const reporting = useReport(true);
  return (
    <div className="report">
      <h1>{t("inspect.title")}</h1>
      {last === null ? (
        <ReportForm sending={reporting.isPending} problem={reporting.error} send={(report) => reporting.mutate(report, { onSuccess: setLast })} />
      ) : (
        <>
          <Becoming one={last} />
          <Button block size="large" type="primary" onClick={() => setLast(null)}>{t("inspect.next")}</Button>
        </>
      )}
    </div>
  );
}
