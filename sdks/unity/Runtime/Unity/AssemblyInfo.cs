using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Rankora.Editor")]
[assembly: InternalsVisibleTo("Rankora.Tests")]
