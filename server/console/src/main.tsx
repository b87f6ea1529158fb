import "antd/dist/reset.css";
import "./styles/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { queries } from "./app/queries";
import { recallAtHand } from "./offline/atHand";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
void recallAtHand(queries, Date.now()).catch(console.warn).then(() =>
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
