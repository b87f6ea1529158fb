import "./report.css";
import { Button } from "antd";
import { Link, Navigate, useParams } from "react-router";
import { useNotFixed } from "../../api/useReport";
import { useSpeech } from "../../i18n/language";
import { NOBODY } from "../../outbox/shelf";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { Fate, useFate } from "./Fate";
import { KeepAddress } from "./KeepAddress";
import { PublicPage } from "./PublicPage";

/** What became of a report, and the way to say that it is not fixed. */
export function FollowScreen() {
  const { t } = useSpeech();
  const { token = "" } = useParams();
  const { waiting, found } = useFate(NOBODY, token);
  const denying = useNotFixed(token);
  // What is refused as it is can be put right where it was filled in.
  if (waiting !== undefined && (waiting.draft || waiting.refused !== null)) return <Navigate to="/report" replace />;
  return (
    <PublicPage title={t("follow.title")}>
      <Fate waiting={waiting} found={found} />
      {found.data !== undefined && (
        <>
          {found.data.may_say_not_fixed && (
            <section className="card">
              <p>{t("follow.really")}</p>
              <Button block size="large" danger loading={denying.isPending} onClick={() => denying.mutate()}>{t("follow.not_fixed")}</Button>
            </section>
          )}
          {denying.error !== null && <ProblemNotice error={denying.error} />}
          {denying.isSuccess && <p role="status" className="report-note">{t("follow.thanks")}</p>}
        </>
      )}
      {(waiting !== undefined || found.data !== undefined) && <KeepAddress />}
      <Link to="/report">{t("follow.another")}</Link>
    </PublicPage>
  );
}
