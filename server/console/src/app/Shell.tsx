import { Spin } from "antd";
import { Suspense } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { inTheWay, Problem } from "../api/problem";
import { useLiveUpdates } from "../api/useLiveUpdates";
import { useMe } from "../api/useMe";
import { useSpeech } from "../i18n/language";
import { AtHand } from "../offline/AtHand";
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
  return <SignedIn role={me.data.role} />;
}

function SignedIn({ role }: { role: string }) {
  const { t } = useSpeech();
  const live = useLiveUpdates(followsCases(role));
  useSending();
  return (
    <div className="shell">
      {role === "crew" && <AtHand />}
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
