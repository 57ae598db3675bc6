using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Rankora.Tests")]
