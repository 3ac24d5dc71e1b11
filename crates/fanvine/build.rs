//! Builds the program anew when the console or the tracker inside it was.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../console/dist");
    println!("cargo::rerun-if-changed=../../sdk/js/dist");
}
