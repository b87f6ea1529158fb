import { Spin } from "antd";
import { Suspense } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { inTheWay, Problem } from "../api/problem";
import { useLiveUpdates } from "../api/useLiveUpdates";
import { useMe } from "../api/useMe";
import { useSpeech } from "../i18n/language";
import { AtHand } from "../offline/AtHand";
import { useExpiry } from "../outbox/useExpiry";
import { useSending } from "../outbox/useSending";
import { ProblemNotice } from "../parts/ProblemNotice";
import { Header } from "./Header";
import { followsCases } from "./screens";

/** What stands around every screen of a person who is signed in. */
export function Shell() {
  const me = useMe();
  const location = useLocation();
  if (me.error instanceof Problem && me.error.status === 401) {
    return <Navigate to="/login" replace state={{ from: location.pathname + location.search }} />;
  }
  const problem = inTheWay(me);
  if (problem !== null) return <ProblemNotice error={problem} again={() => void me.refetch()} />;
  if (me.data === undefined) return <Spin className="whole-page" />;
  return <SignedIn person_id={me.data.id} role={me.data.role} />;
}

function SignedIn({ person_id, role }: { person_id: string; role: string }) {
  const { t } = useSpeech();
  const live = useLiveUpdates(followsCases(role));
  useSending(person_id);
  // What this person could send now is told of on their screens, and not deleted behind them.
  useExpiry((other) => other !== person_id);
  return (
    <div className="shell">
      <AtHand role={role} />
      <a className="skip" href="#main" onClick={(click) => { click.preventDefault(); document.getElementById("main")?.focus(); }}>
        {t("shell.skip")}
      </a>
      <Header live={live} />
      <main id="main" tabIndex={-1}>
        <Suspense fallback={<Spin className="whole-page" />}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  );
}
