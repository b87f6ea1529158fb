import { LogoutOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Tooltip } from "antd";
import { Link, NavLink, useNavigate } from "react-router";
import { answered, api } from "../api/client";
import { Problem } from "../api/problem";
import { useMe } from "../api/useMe";
import { useTaxonomy } from "../api/useTaxonomy";
import { useSpeech } from "../i18n/language";
import { useProblemText } from "../parts/useProblemText";
import { Brand } from "./Brand";
import { FindButton } from "./find/FindButton";
import { LanguageSwitch } from "./LanguageSwitch";
import { LeftBehindCount } from "./LeftBehindCount";
import { followsCases, ORDERS, screensOf, seesEveryCase } from "./screens";

export function Header({ live }: { live: boolean }) {
  const { t, code } = useSpeech();
  const { data: me } = useMe();
  const { city } = useTaxonomy();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const said = useProblemText();

  const signOut = async () => {
    try {
      await answered(api.DELETE("/api/session"));
    } catch (error) {
      const ended = error instanceof Problem && error.status === 401;
      if (!ended) {
        // The session still holds: whoever goes away now must not believe that it does not.
        void message.error(said(error));
        return;
      }
    }
    queries.clear();
    void navigate("/login");
  };

  return (
    <header className="header">
      <Link className="home" to="/"><Brand /></Link>
      {city !== "" && <span className="city">{city}</span>}
      <nav aria-label={t("shell.screens")}>
        {me !== undefined && screensOf(me.role).map(({ to, name }) => (
          <NavLink key={to} to={to}>{t(name)}{to === ORDERS.to && me.role === "supervisor" && <LeftBehindCount />}</NavLink>
        ))}
      </nav>
      <div className="header-end">
        {me !== undefined && seesEveryCase(me.role) && <FindButton />}
        {me !== undefined && followsCases(me.role) && (
          <Tooltip title={t(live ? "shell.live.hint" : "shell.broken.hint")}>
            <span className={live ? "live" : "live broken"} role="status">{t(live ? "shell.live" : "shell.broken")}</span>
          </Tooltip>
        )}
        <LanguageSwitch />
        {me !== undefined && (
          <span className="who" title={me.display}>
            <b>{me.display}</b>
            <small>{code("role", me.role)}</small>
          </span>
        )}
        <Tooltip title={t("shell.sign_out")}>
          <Button type="text" icon={<LogoutOutlined />} aria-label={t("shell.sign_out")} onClick={() => void signOut()} />
        </Tooltip>
      </div>
    </header>
  );
}
