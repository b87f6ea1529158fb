import type { ReactNode } from "react";
import { Brand } from "../../app/Brand";
import { LanguageSwitch } from "../../app/LanguageSwitch";
import { useTitle } from "../../i18n/language";
import { NOBODY } from "../../outbox/shelf";
import { useSending } from "../../outbox/useSending";

/** What stands around a page for everybody; while it is open, what waits of nobody in particular is sent. */
export function PublicPage({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  useSending(NOBODY);
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
