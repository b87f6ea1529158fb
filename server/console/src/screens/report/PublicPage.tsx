import type { ReactNode } from "react";
import { Brand } from "../../app/Brand";
import { LanguageSwitch } from "../../app/LanguageSwitch";
import { useTitle } from "../../i18n/language";

/** What stands around a page for everybody. */
export function PublicPage({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  return (
    <div className="public">
      <header className="public-head"><Brand /><LanguageSwitch /></header>
      <main className="report">
        <h1>{title}</h1>
        {children}
      </main>
    </div>
  );
}
