import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { begin } from "./state/language.svelte";

await begin();
mount(App, { target: document.getElementById("app")! });
