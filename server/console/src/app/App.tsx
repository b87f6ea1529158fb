import { QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import en from "antd/locale/en_US";
import zh from "antd/locale/zh_CN";
import { RouterProvider } from "react-router/dom";
import { ZoneProvider } from "../format/zone";
import { LanguageProvider, useSpeech } from "../i18n/language";
import { queries } from "./queries";
import { router } from "./router";
import { theme } from "./theme";

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <LanguageProvider>
        <ZoneProvider>
          <Dressed />
        </ZoneProvider>
      </LanguageProvider>
    </QueryClientProvider>
  );
}

function Dressed() {
  const { language } = useSpeech();
  return (
    <ConfigProvider locale={language === "zh-CN" ? zh : en} theme={theme} button={{ autoInsertSpace: false }}>
      <AntApp message={{ maxCount: 3, top: 64 }}>
        <RouterProvider router={router} />
      </AntApp>
    </ConfigProvider>
  );
}
