import { Tooltip } from "antd";
import { Link, NavLink } from "react-router";
import { useMe } from "../api/useMe";
import { useTaxonomy } from "../api/useTaxonomy";
import { useSpeech } from "../i18n/language";
import { Brand } from "./Brand";
import { FindButton } from "./find/FindButton";
import { LanguageSwitch } from "./LanguageSwitch";
import { LeftBehindCount } from "./LeftBehindCount";
import { followsCases, ORDERS, screensOf, seesEveryCase } from "./screens";
import { SignOut } from "./SignOut";

export function Header({ live }: { live: boolean }) {
  const { t, code } = useSpeech();
  const { data: me } = useMe();
  const { city } = useTaxonomy();

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
        <SignOut />
      </div>
    </header>
  );
}
