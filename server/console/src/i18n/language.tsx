import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { CATALOGUES, fill, type Key, type Language, textOfCode, type Values } from "./catalogue";

interface Speech {
  language: Language;
  choose: (language: Language) => void;
  /** Text of a key. */
  t: (key: Key, values?: Values) => string;
  /** Text of a code from the server, by family: `code("state", "filed")`. */
  code: (family: string, code: string) => string;
  /** The one of two names that suits the language. */
  either: (zh: string, en: string) => string;
}

const REMEMBERED = "steward.language";
const SpeechContext = createContext<Speech | null>(null);

function firstLanguage(): Language {
  const remembered = localStorage.getItem(REMEMBERED);
  if (remembered === "zh-CN" || remembered === "en") return remembered;
  return navigator.languages.some((one) => one.startsWith("zh")) || !navigator.language.startsWith("en") ? "zh-CN" : "en";
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(firstLanguage);

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const speech = useMemo<Speech>(() => {
    const catalogue = CATALOGUES[language];
    return {
      language,
      choose: (chosen) => {
        localStorage.setItem(REMEMBERED, chosen);
        setLanguage(chosen);
      },
      t: (key, values) => fill(catalogue, key, values),
      code: (family, code) => textOfCode(catalogue, family, code),
      either: (zh, en) => (language === "zh-CN" ? zh : en),
    };
  }, [language]);

  return <SpeechContext.Provider value={speech}>{children}</SpeechContext.Provider>;
}

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (speech === null) throw new Error("useSpeech stands outside LanguageProvider");
  return speech;
}

/** Says in the browser's tab what the page shows; the product's name alone where that is not known yet. */
export function useTitle(shown?: string): void {
  const { t } = useSpeech();
  const product = t("app.title");
  useEffect(() => {
    document.title = shown === undefined ? product : `${shown} · ${product}`;
  }, [shown, product]);
}
