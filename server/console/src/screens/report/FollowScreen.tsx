import "./report.css";
import { Button, Spin } from "antd";
import { Link, useParams } from "react-router";
import { useFollowed, useNotFixed } from "../../api/useReport";
import { useSpeech } from "../../i18n/language";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { Becoming } from "./Becoming";
import { KeepAddress } from "./KeepAddress";
import { PublicPage } from "./PublicPage";

/** What became of a report, and the way to say that it is not fixed. */
export function FollowScreen() {
  const { t } = useSpeech();
  const { token = "" } = useParams();
  const found = useFollowed(token);
  const denying = useNotFixed(token);
  return (
    <PublicPage title={t("follow.title")}>
      {found.error !== null && <ProblemNotice error={found.error} again={() => void found.refetch()} />}
      {found.isPending && <Spin className="whole-page" />}
      {found.data !== undefined && (
        <>
          <Becoming one={found.data} />
          {found.data.may_say_not_fixed && (
            <section className="card">
              <p>{t("follow.really")}</p>
              <Button block size="large" danger loading={denying.isPending} onClick={() => denying.mutate()}>{t("follow.not_fixed")}</Button>
            </section>
          )}
          {denying.error !== null && <ProblemNotice error={denying.error} />}
          {denying.isSuccess && <p role="status" className="report-note">{t("follow.thanks")}</p>}
          <KeepAddress />
        </>
      )}
      <Link to="/report">{t("follow.another")}</Link>
    </PublicPage>
  );
}
